// Invocations per version, over time or in all. Errors are hatched, so that they do not hang on colour.
import { axis, count, frame, marks, short } from "./chart-palette.js";

export function versionsOption(data, colours, { narrow }) {
  // Along a time axis the outer labels stay within the chart; beside bars they stand where the others do.
  const aligned = data.horizontal ? {} : { alignMinLabel: "left", alignMaxLabel: "right" };
  const labels = axis(colours, {
    type: "category",
    data: data.labels,
    inverse: data.horizontal,
    axisLabel: { color: colours.muted, hideOverlap: true, ...aligned },
  });
  const amounts = axis(colours, {
    type: "value",
    minInterval: 1,
    axisLabel: { color: colours.muted, formatter: short, hideOverlap: true },
  });
  const revisions = marks(data.marks.map((mark) => ({ name: mark.label, xAxis: mark.at })), colours);
  const base = frame(colours, { narrow });
  return {
    ...base,
    tooltip: { ...base.tooltip, axisPointer: { type: "shadow" }, formatter: tooltip },
    xAxis: data.horizontal ? amounts : labels,
    yAxis: data.horizontal ? labels : amounts,
    series: data.series.map((series, place) => ({
      type: "bar",
      name: series.name,
      stack: "invocations",
      barMaxWidth: 36,
      color: colours[series.role],
      itemStyle: series.errors ? hatched(colours) : {},
      data: series.values,
      markLine: place === 0 ? revisions : undefined,
    })),
  };
}

function hatched(colours) {
  return {
    decal: { symbol: "rect", color: colours.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 },
  };
}

function tooltip(hits) {
  const told = hits.filter((hit) => hit.value).map((hit) => `${hit.seriesName}: ${count(hit.value)}`);
  return [hits[0].axisValueLabel, ...(told.length ? told : ["no invocations"])].join("\n");
}
