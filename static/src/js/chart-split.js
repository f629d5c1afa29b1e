// The funnel: the observed share settles around the weight. The Wilson interval (at one moment) is an area
// around the share; the always-valid band (for somebody who keeps looking) is dashed, around the weight.
// An even spread has its own bound for a band and no interval; where keys or rules decide, the share of the
// calls is a description and has neither. What a segment has not is null or empty, and its legend is left out.
import { axis, count, frame, marks, short } from "./chart-palette.js";

const INTERVAL = "95% interval of the share, at one moment";
const LINE = "path://M0 0h18v2H0z";
const DASHES = "path://M0 0h5v2H0zM7 0h5v2H7zM14 0h5v2h-5z";
const X = 0;
const [SHARE, LO, HI, BAND_LO, BAND_HI, N, K] = [1, 2, 3, 4, 5, 6, 7];
const SYMBOLS_UP_TO = 60;
const ALONE = 3; // points so few that no line leads the eye to them
const AREA_OPACITY = 0.18;

export function splitOption(data, colours, { logarithmic, narrow }) {
  const { segments, band, target } = data;
  const weighed = segments.some((part) => part.weight !== null);
  const intervals = segments.filter((part) => part.points.some(hasInterval));
  const path = (rows, column) => segments.flatMap((part) => [...part[rows].map((row) => [row[X], row[column]]), [null, null]]);
  const observed = segments.reduce((sum, part) => sum + part.points.length, 0);
  const dashed = { type: "line", name: band, symbol: "none", silent: true, color: colours.muted };
  const dashes = { lineStyle: { color: colours.muted, width: 1.25, type: [5, 4] } };
  // Where a logarithmic axis begins, which cannot be at 0; with a single point not there, for it has two ends.
  const first = observed > 1 ? Math.min(segments[0].points[0][X], segments[0].band[0]?.[X] ?? Infinity) : 1;
  const base = frame(colours, { narrow });
  return {
    ...base,
    legend: {
      ...base.legend,
      data: [
        { name: data.share, icon: LINE },
        ...(weighed ? [{ name: target, icon: LINE }] : []),
        ...(intervals.length ? [{ name: INTERVAL, itemStyle: { opacity: 2 * AREA_OPACITY } }] : []),
        ...(band ? [{ name: band, icon: DASHES }] : []),
      ],
    },
    grid: { ...base.grid, top: narrow ? 104 : 62, bottom: 26 },
    tooltip: { ...base.tooltip, axisPointer: { lineStyle: { color: colours.muted } }, formatter: tooltip(data) },
    xAxis: axis(colours, {
      type: logarithmic ? "log" : "value",
      min: logarithmic ? first : 0,
      max: Math.max(data.max, 2),
      name: "Invocations",
      nameLocation: "middle",
      nameGap: 26,
      splitLine: { show: false },
      axisLabel: { color: colours.muted, formatter: short, hideOverlap: true },
    }),
    yAxis: axis(colours, {
      type: "value",
      min: data.range.min,
      max: data.range.max,
      interval: data.range.step,
      axisLabel: { color: colours.muted, formatter: (value) => `${+value.toFixed(1)}%` },
    }),
    series: [
      {
        type: "custom",
        name: INTERVAL,
        color: colours.canary,
        silent: true,
        clip: true,
        z: 1,
        data: intervals.map((part) => [part.end, part.points.at(-1)[SHARE]]),
        renderItem: area(intervals, colours.canary),
      },
      { ...dashed, ...dashes, id: "band-low", data: path("band", 1) },
      { ...dashed, ...dashes, id: "band-high", data: path("band", 2) },
      {
        type: "line",
        name: target,
        color: colours.text,
        symbol: "none",
        silent: true,
        lineStyle: { width: 1.5, color: colours.text },
        data: segments.flatMap((part) => [
          [logarithmic ? Math.max(part.start, first) : part.start, part.weight],
          [part === segments.at(-1) ? Math.max(data.max, part.end) : part.end, part.weight],
        ]),
        markLine: marks(segments.slice(1).map((part) => ({ name: part.label, xAxis: part.start })), colours),
      },
      {
        type: "line",
        name: data.share,
        color: colours.canary,
        z: 3,
        showSymbol: observed <= SYMBOLS_UP_TO,
        symbol: "circle",
        symbolSize: observed <= ALONE ? 9 : 4,
        lineStyle: { width: 2, color: colours.canary },
        data: path("points", SHARE),
      },
    ],
  };
}

const hasInterval = (row) => row[LO] !== null;

/** One polygon per segment: along the upper edge, and back along the lower. */
function area(segments, fill) {
  return (params, api) => {
    const points = segments[params.dataIndex].points.filter(hasInterval);
    const edge = (column) => points.map((row) => api.coord([row[X], row[column]]));
    return {
      type: "polygon",
      shape: { points: [...edge(HI), ...edge(LO).reverse()] },
      style: { fill, opacity: AREA_OPACITY },
    };
  };
}

function tooltip({ segments, share }) {
  const rows = new Map(segments.flatMap((part) => part.points.map((row) => [row[X], { part, row }])));
  const percent = (value) => `${+value.toFixed(2)}%`;
  return (hits) => {
    const found = rows.get(hits.find((hit) => hit.seriesName === share)?.value[X]);
    if (!found) return "";
    const { part, row } = found;
    const lines = [`${count(row[K])} of ${count(row[N])} invocations: ${percent(row[SHARE])}`];
    if (part.weight === null) lines.push(`The rules decide (${part.label.toLowerCase()})`);
    else lines.push(`Configured: ${percent(part.weight)} (${part.label.toLowerCase()})`);
    if (row[LO] !== null) lines.push(`95% interval: ${percent(row[LO])} to ${percent(row[HI])}`);
    if (row[BAND_LO] !== null) lines.push(`Band: ${percent(row[BAND_LO])} to ${percent(row[BAND_HI])}`);
    return lines.join("\n");
  };
}
