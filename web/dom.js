// Elements, made of values that are always text: nothing of the server becomes markup.

/** An element with properties and children. `on…` properties are listeners, `class` and `aria-…` attributes. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  set(made, properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function set(made, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list" && name !== "form") made[name] = value;
    else made.setAttribute(name, value);
  }
}

/** A table with a caption for readers, heads, and rows of cells. A cell is text, a number or an element. */
export function table(caption, heads, rows) {
  const head = heads.map((text) => element("th", { scope: "col", className: isNumber(text) ? "n" : "" }, name(text)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell, at) => datum(cell, heads[at]))));
  const made = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  made.setAttribute("aria-label", caption);
  return element("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: caption }, made);
}

// A head that begins with # is of a column of numbers.
const isNumber = (text) => text.startsWith("#");
const name = (text) => (isNumber(text) ? text.slice(1) : text);

function datum(cell, head) {
  if (cell instanceof HTMLTableCellElement) return cell;
  return element("td", { className: isNumber(head) ? "n" : "" }, cell ?? "");
}

/** Replaces what `parent` has, and keeps the focus where the same control is still there. */
export function fill(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  parent.replaceChildren(...children);
  if (focused) parent.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

/** A button that does `act`, and can not be pressed again until that has ended. */
export function button(text, act, properties = {}) {
  const made = element("button", { type: "button", ...properties }, text);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      tell(error.message);
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

/** A field with its label. */
export function labelled(text, field) {
  return element("label", {}, `${text} `, field);
}

/** A field for a part of a name. `draw` is called shortly after the text changes. */
export function nameField(label, draw) {
  let timer;
  const field = element("input", { type: "search", size: 16, placeholder: "part of a name", ariaLabel: label });
  field.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(() => draw().catch((error) => tell(error.message)), 300);
  };
  return field;
}

/** The most rows of a listing. */
export const MOST_ROWS = 100;

/** A sentence below a listing that may have more rows. */
export function more(rows) {
  return rows.length < MOST_ROWS ? "" : element("p", { className: "soft" }, `At most ${MOST_ROWS} are listed. Type a part of the name to find others.`);
}

let quiet;

/** Tells the user something for a few seconds. */
export function tell(text) {
  const message = document.getElementById("message");
  message.textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => (message.textContent = ""), 6000);
}
