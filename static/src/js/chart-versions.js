// Invocations per version, over time or in all. Errors are hatched, so that they do not hang on colour.
import { axis, count, frame, marks, short } from "./chart-palette.js";

const LABEL = 112; // px that the name of a mark takes
const BESIDE = 72; // px left and right of the plot

export function versionsOption(data, colours, { narrow, width }) {
  // Along a time axis the outer labels stay within the chart; beside bars they stand where the others do.
  const aligned = data.horizontal ? {} : { alignMinLabel: "left", alignMaxLabel: "right", interval: among(data.ticks) };
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
  const plot = Math.max(width - BESIDE, 1);
  const revisions = marks(named(data.marks, plot / data.labels.length, plot), colours);
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
      itemStyle: { ...(series.errors ? hatched(colours) : {}), opacity: opacity(data.series, place) },
      data: series.values,
      markLine: place === 0 ? revisions : undefined,
    })),
  };
}

/** Versions without a part in the policy share one colour, so each is paler than the one before. */
function opacity(all, place) {
  if (all[place].role !== "other") return 1;
  const before = all.slice(0, place + 1).filter((series) => series.role === "other" && !series.errors).length - 1;
  return Math.max(0.25, 1 - 0.35 * before);
}

/** Labels at round times only; a window that has none leaves the choice to the chart. */
function among(ticks) {
  const shown = new Set(ticks);
  return shown.size ? (place) => shown.has(place) : "auto";
}

function hatched(colours) {
  return {
    decal: { symbol: "rect", color: colours.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 },
  };
}

/** A line for each mark, and a name for those that stand too close together for names of their own. */
function named(found, bucket, plot) {
  const groups = [];
  for (const mark of found) {
    const last = groups.at(-1);
    if (last && left(mark, bucket, plot) < left(last[0], bucket, plot) + LABEL) last.push(mark);
    else groups.push([mark]);
  }
  return groups.flatMap((group) =>
    group.map((mark, place) => ({
      name: place ? "" : words(group),
      xAxis: mark.at,
      label: { show: !place, lineHeight: 14, align: atEnd(mark, bucket, plot) ? "right" : "center" },
    })),
  );
}

const atEnd = (mark, bucket, plot) => mark.at * bucket > plot - LABEL / 2 + 16;
const left = (mark, bucket, plot) => mark.at * bucket - (atEnd(mark, bucket, plot) ? LABEL : LABEL / 2);

function words([first, ...more]) {
  return more.length ? `Revisions ${first.number}–${more.at(-1).number}\nfrom ${first.time}` : `Revision ${first.number}\n${first.time}`;
}

function tooltip(revisions) {
  return (hits) => {
    const told = hits.filter((hit) => hit.value).map((hit) => `${hit.seriesName}: ${count(hit.value)}`);
    const here = revisions.filter((mark) => mark.at === hits[0].dataIndex);
    const changes = here.map((mark) => `Revision ${mark.number} took over at ${mark.time}`);
    return [hits[0].axisValueLabel, ...(told.length ? told : ["no invocations"]), ...changes].join("\n");
  };
}
