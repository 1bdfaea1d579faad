// The same network without a map: every service in a row, by any column.

const TABLE_ROWS = 200;
const COLUMNS = [
  { title: "Service", value: (service) => service.low },
  { title: "Owner", value: (service) => owners[service.owner].name.toLowerCase() },
  { title: "Type", value: (service) => data.types[service.type] },
  ...(data.namespaces.length < 2 ? [] : [{ title: "Namespace", value: (service) => data.namespaces[service.namespace] }]),
  { title: "Stage", value: (service) => STAGES.indexOf(service.stage), text: (service) => service.stage },
  { title: "Callers", value: (service) => service.callers, isNumber: true },
  { title: "Callees", value: (service) => service.callees, isNumber: true },
  ...(observed ? [
    { title: "Not permitted", value: (service) => strangersTo[service.index].filter(isAlarm).length, isNumber: true },
    { title: "Never seen", value: (service) => incoming[service.index].filter((edge) => edge.use === "unseen").length, isNumber: true },
  ] : []),
  { title: "Allow", value: (service) => service.allow.length, isNumber: true },
  { title: "Faces", value: (service) => service.facing },
];
const order = { column: COLUMNS.findIndex((column) => column.title === "Callers"), down: true, rows: TABLE_ROWS };

function showTable() {
  byId("table-head").replaceChildren(...COLUMNS.map((column, index) => make("th", {
    scope: "col", class: column.isNumber ? "number" : null,
    "aria-sort": index === order.column ? (order.down ? "descending" : "ascending") : "none",
  }, make("button", {
    type: "button", text: `${column.title}${index === order.column ? (order.down ? " ▾" : " ▴") : ""}`,
    on: { click: () => sortBy(index) },
  }))));
  const { value } = COLUMNS[order.column];
  const compare = (a, b) => {
    const [one, other] = [value(a), value(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  };
  const shown = services.filter(isShown).sort((a, b) => (order.down ? -1 : 1) * compare(a, b) || a.index - b.index);
  byId("table-caption").textContent = shown.length === services.length
    ? `All ${plural(shown.length, "service", "services")}`
    : `${number.format(shown.length)} of ${plural(services.length, "service", "services")} pass the filters`;
  byId("table-body").replaceChildren(...shown.slice(0, order.rows).map(tableRow));
  const more = byId("more-rows");
  more.hidden = shown.length <= order.rows;
  more.textContent = `Show all ${number.format(shown.length)}`;
}

function tableRow(service) {
  const cells = COLUMNS.slice(2).map((column) => {
    const value = (column.text ?? column.value)(service);
    return make("td", { class: column.isNumber ? "number" : null, text: column.isNumber ? number.format(value) : value });
  });
  return make("tr", { class: service.index === state.chosen ? "chosen" : null },
    make("th", { scope: "row" }, make("button", { type: "button", class: "link", text: service.name, on: { click: () => choose(service.index) } })),
    make("td", null, make("span", { class: "owner-line" }, swatch(service.owner), document.createTextNode(owners[service.owner].name))),
    ...cells);
}

function sortBy(index) {
  order.down = index === order.column ? !order.down : Boolean(COLUMNS[index].isNumber);
  order.column = index;
  showTable();
  byId("table-head").children[index].firstChild.focus();
}

byId("more-rows").addEventListener("click", () => {
  order.rows = Infinity;
  showTable();
});

