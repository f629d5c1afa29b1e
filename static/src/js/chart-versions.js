// Invocations per version, over time or in all. Errors are hatched, so that they do not hang on colour.
import { axis, count, frame, marks, short } from "./chart-palette.js";

const LABEL = 96; // px that the name of a mark takes

export function versionsOption(data, colours, { narrow, width }) {
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
  const revisions = marks(named(data.marks, width / data.labels.length), colours);
  const base = frame(colours, { narrow });
  const room = data.marks.length ? 18 : 0; // the marks' names have two lines
  return {
    ...base,
    grid: { ...base.grid, top: base.grid.top + room },
    tooltip: { ...base.tooltip, axisPointer: { type: "shadow" }, formatter: tooltip(data.marks) },
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

/** A line for each mark, and a name for those that stand too close together for names of their own. */
function named(found, bucket) {
  const groups = [];
  for (const mark of found) {
    const last = groups.at(-1);
    if (last && (mark.at - last[0].at) * bucket < LABEL) last.push(mark);
    else groups.push([mark]);
  }
  return groups.flatMap((group) => group.map((mark, place) => line(mark, place ? "" : words(group), bucket)));
}

function words([first, ...more]) {
  return more.length ? `Revisions ${first.number}–${more.at(-1).number}\nfrom ${first.time}` : `Revision ${first.number}\n${first.time}`;
}

function line(mark, name, bucket) {
  const align = mark.at * bucket < LABEL / 2 ? "left" : "center";
  return { name, xAxis: mark.at, label: { show: name !== "", align, lineHeight: 14 } };
}

function tooltip(revisions) {
  return (hits) => {
    const told = hits.filter((hit) => hit.value).map((hit) => `${hit.seriesName}: ${count(hit.value)}`);
    const here = revisions.filter((mark) => mark.at === hits[0].dataIndex);
    const changes = here.map((mark) => `Revision ${mark.number} took over at ${mark.time}`);
    return [hits[0].axisValueLabel, ...(told.length ? told : ["no invocations"]), ...changes].join("\n");
  };
}
