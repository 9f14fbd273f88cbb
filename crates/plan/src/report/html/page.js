
(function () {
  function text(tag, content, name) {
    var element = document.createElement(tag);
    element.textContent = content;
    if (name) { element.className = name; }
    return element;
  }
  function clock(seconds, step) {
    var whole = Math.floor(seconds);
    var h = Math.floor(whole / 3600), m = Math.floor(whole % 3600 / 60), s = whole % 60;
    var two = function (n) { return String(n).padStart(2, "0"); };
    return (h ? h + ":" + two(m) : m) + ":" + two(s) + (step > 1 ? " (" + step + " s)" : "");
  }
  document.querySelectorAll("figure.plot").forEach(function (figure) {
    var groups = Array.from(figure.querySelectorAll("g[data-v]"));
    var area = figure.querySelector(".area");
    figure.querySelectorAll(".legend li").forEach(function (item, index) {
      if (!groups[index]) { return; }
      item.parentNode.setAttribute("role", "group");
      item.parentNode.setAttribute("aria-label", "Series that are shown");
      item.tabIndex = 0;
      item.setAttribute("role", "switch");
      item.setAttribute("aria-checked", "true");
      function toggle() {
        var hidden = groups[index].classList.toggle("off");
        item.classList.toggle("off", hidden);
        item.setAttribute("aria-checked", String(!hidden));
      }
      item.addEventListener("click", toggle);
      item.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
      });
    });
    if (!figure.dataset.step) { return; }
    var step = parseFloat(figure.dataset.step);
    var series = groups.map(function (group) { return group.dataset.v.split(","); });
    if (!series.length) { return; }
    var cursor = text("span", "", "cursor"), tip = text("div", "", "tip");
    function hide() { cursor.remove(); tip.remove(); }
    area.addEventListener("pointerleave", hide);
    area.addEventListener("pointermove", function (event) {
      var box = area.getBoundingClientRect();
      var count = series[0].length;
      var part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999);
      var point = Math.floor(part * count);
      var place = (point + 0.5) / count * 100;
      cursor.style.left = place + "%";
      tip.replaceChildren(text("b", clock(point * step, step)));
      groups.forEach(function (group, index) {
        var value = series[index][point];
        if (group.classList.contains("off") || !value) { return; }
        var line = text("span", group.dataset.n + " ", group.getAttribute("class"));
        line.prepend(document.createElement("i"));
        line.append(text("b", Number(value).toLocaleString("en")));
        tip.append(line);
      });
      tip.style.left = place > 50 ? "auto" : "calc(" + place + "% + 10px)";
      tip.style.right = place > 50 ? "calc(" + (100 - place) + "% + 10px)" : "auto";
      area.append(cursor, tip);
    });
  });
})();
