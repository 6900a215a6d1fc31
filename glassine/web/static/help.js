// The help centre's one convenience: arrow keys move between the search field and what it found. Without it, Tab does.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], stops = [...document.querySelectorAll("#q, #found a")], next = stops[stops.indexOf(document.activeElement) + step];
  if (!step || !stops.includes(document.activeElement) || !next) return;
  event.preventDefault();
  next.focus();
});
