// Lines over the last ten minutes, as SVG.

import { element, shape } from "./dom.js";

/** The seconds that are drawn. */
export const SECONDS = 600;

/** A drawing is as wide as its place, so that its texts have the size of the page's. */
const [NARROWEST, WIDEST] = [300, 1400];
const HEIGHT = 180;
const LEFT = 46;
const BOTTOM = 22;
const TOP = 8;

const x = (at, count, width) => LEFT + ((SECONDS - count + at) / (SECONDS - 1)) * (width - LEFT);

/** A round number that is at least `value`: the top of an axis. */
export function ceiling(value) {
  if (value <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value);
}

function line(values, top, name, width) {
  const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const points = values.map((value, at) => `${x(at, values.length, width).toFixed(1)},${y(value).toFixed(1)}`);
  return shape("polyline", { class: `line ${name}`, points: points.join(" ") });
}

function axis(top, width) {
  const lines = [0, 0.5, 1].flatMap((share) => {
    const y = TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
    const text = shape("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, (top * share).toLocaleString("en"));
    return [shape("line", { class: "grid", x1: LEFT, x2: width, y1: y, y2: y }), text];
  });
  const minutes = (width < 500 ? [10, 5] : [10, 8, 6, 4, 2]).map((minute) =>
    shape("text", { x: x(SECONDS - minute * 60, SECONDS, width), y: HEIGHT - 5 }, `−${minute} min`),
  );
  return [...lines, ...minutes, shape("text", { x: width, y: HEIGHT - 5, "text-anchor": "end" }, "now")];
}

/** Several lines on one axis. `series` has the values of each name, the newest last. */
export function lines(title, series, room) {
  const width = Math.min(WIDEST, Math.max(NARROWEST, room));
  const top = ceiling(Math.max(1, ...Object.values(series).flat()));
  const drawn = Object.entries(series).map(([name, values]) => line(values, top, name, width));
  const picture = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": title });
  picture.append(...axis(top, width), ...drawn);
  return picture;
}

/** The names of the lines with their colours. */
export function legend(names) {
  return element("p", { className: "legend" }, ...names.map((name) => element("span", {}, element("i", { className: name }), name)));
}

/** The level of a limit over time, with a line at its capacity. */
export function level(values, capacity, title) {
  const [width, height] = [160, 28];
  const top = Math.max(capacity, ...values, 1);
  const y = (value) => (1 - value / top) * (height - 2) + 1;
  const across = (at) => ((SECONDS - values.length + at) / (SECONDS - 1)) * width;
  const points = values.map((value, at) => `${across(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  return shape(
    "svg",
    { class: "small", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": title },
    shape("line", { class: "full", x1: 0, x2: width, y1: y(capacity), y2: y(capacity) }),
    shape("polyline", { class: "line level", points }),
  );
}
