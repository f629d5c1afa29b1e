// Draws <div data-chart="split|versions" data-source="id"> from the JSON in <script id="id">. The element
// carries hx-preserve: when a poll brings new data, the same chart moves on instead of being drawn anew.
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { palette } from "./js/chart-palette.js";
import { splitOption } from "./js/chart-split.js";
import { versionsOption } from "./js/chart-versions.js";

echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  TooltipComponent,
]);

const OPTIONS = { split: splitOption, versions: versionsOption };
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
});

function draw(element) {
  const source = document.getElementById(element.dataset.source);
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const logarithmic = document.getElementById(`${element.id}-log`)?.checked ?? false;
  const chart = echarts.getInstanceByDom(element) ?? create(element);
  chart.setOption(
    {
      animation: !still.matches,
      animationDuration: 300,
      animationDurationUpdate: 300,
      aria: { enabled: true, label: { description: `${element.dataset.label}. ${data.summary}` } },
      ...OPTIONS[data.kind](data, palette(element), { logarithmic, narrow: element.clientWidth < 520, width: element.clientWidth }),
    },
    { replaceMerge: ["series", "xAxis", "yAxis"] },
  );
}

function create(element) {
  resized.observe(element);
  return echarts.init(element);
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

document.fonts.ready.then(drawAll); // a canvas does not measure its text again when a font arrives
document.addEventListener("htmx:afterSwap", drawAll);
document.addEventListener("change", ({ target }) => target.closest("[data-chart-scale]") && drawAll());
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
