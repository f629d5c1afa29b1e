// Bundles static/src into static/dist: scripts, one style sheet, the icon sprite and the licences of
// everything bundled. Run with `npm run build`, or `npm run watch` while developing.
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(here, "src");
const output = path.join(here, "dist");
const modules = path.join(here, "..", "node_modules");

const options = {
  entryPoints: ["theme.js", "serin.js", "chart.js", "editor.js", "serin.css"].map((name) => path.join(source, name)),
  outdir: output,
  absWorkingDir: path.join(here, ".."),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome115", "firefox115", "safari16"],
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

/** One file of <symbol>s; a page shows one with <use href="icons.svg#name">. */
async function writeIcons() {
  const names = JSON.parse(await readFile(path.join(source, "icons.json"), "utf8"));
  const symbols = await Promise.all(names.map(symbol));
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  await writeFile(path.join(output, "icons.svg"), sprite);
}

async function symbol(name) {
  const svg = await readFile(path.join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  const stroke = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${shapes.replace(/\s*\n\s*/g, "")}</symbol>`;
}

/** The licence of every package that left bytes in the bundles, read from the package itself. */
async function writeLicences(metafile) {
  const bundled = Object.keys(metafile.inputs).map((name) => name.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  const packages = [...new Set([...bundled, "@tabler/icons"])].filter(Boolean).sort();
  const texts = await Promise.all(packages.map(licence));
  await writeFile(path.join(output, "LICENCES.txt"), texts.join(`\n${"-".repeat(79)}\n\n`));
}

async function licence(name) {
  const folder = path.join(modules, name);
  const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder, { withFileTypes: true })).filter((file) => file.isFile());
  const named = files.map((file) => file.name).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = await Promise.all(named.sort().map((file) => readFile(path.join(folder, file), "utf8")));
  return [`${name} ${version} (${license})\n`, ...texts].join("\n");
}

/** What stands beside the bundles is written again after each of them. */
const besideTheBundles = {
  name: "beside-the-bundles",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length) return;
      await cp(path.join(source, "canary.svg"), path.join(output, "canary.svg"));
      await Promise.all([writeIcons(), writeLicences(result.metafile)]);
    });
  },
};

if (!existsSync(modules)) {
  console.error("node_modules is missing: run `npm ci` first");
  process.exit(1);
}
await mkdir(output, { recursive: true });
const context = await esbuild.context({ ...options, plugins: [besideTheBundles] });
if (process.argv.includes("--watch")) {
  await context.watch();
} else {
  await context.rebuild();
  await context.dispose();
}
