// The page's colours, read where the chart stands, and what every chart looks like because of them.
export function palette(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--serin-${name}`).trim();
  return {
    primary: colour("primary"),
    canary: colour("canary"),
    other: colour("other"),
    text: style.color,
    muted: colour("muted"),
    grid: colour("grid"),
    surface: colour("surface"),
    font: style.fontFamily,
  };
}

/** What charts have in common. Canvas text knows no inherited font, so each part is told. */
export function frame(colours, { narrow }) {
  const text = { color: colours.muted, fontFamily: colours.font, fontSize: 12 };
  return {
    textStyle: text,
    grid: { left: 8, right: narrow ? 12 : 20, top: narrow ? 62 : 40, bottom: 8, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      itemWidth: 18,
      itemHeight: 10,
      itemGap: 14,
      textStyle: { ...text, color: colours.text },
      inactiveColor: colours.muted,
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // the HTML tooltip needs inline styles, which the page's policy forbids
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.grid,
      textStyle: { ...text, color: colours.text, lineHeight: 18 },
    },
  };
}

export function axis(colours, extra) {
  return {
    axisLine: { lineStyle: { color: colours.grid } },
    axisTick: { show: false },
    axisLabel: { color: colours.muted, fontFamily: colours.font, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.grid } },
    nameTextStyle: { color: colours.muted, fontFamily: colours.font },
    ...extra,
  };
}

/** Vertical lines where an alias revision took over, named above the plot. */
export function marks(data, colours) {
  if (!data.length) return undefined;
  return {
    symbol: "none",
    silent: true,
    animation: false,
    lineStyle: { color: colours.muted, type: "solid", width: 1 },
    label: { color: colours.muted, fontFamily: colours.font, formatter: "{b}", position: "end" },
    data,
  };
}

export const count = (number) => number.toLocaleString("en-US");

/** "12k" for an axis, where room is short. */
export const short = (number) => number.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });
