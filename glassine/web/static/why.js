// Asks once per conversation why somebody looks behind its masks. The audit log gets the answer; this browser tab remembers it.

const remembered = (place) => sessionStorage.getItem(`why:${place}`);

// The reason, which may be empty; null when the person thinks better of it.
export function askWhy(place) {
  const dialog = document.getElementById("why"), before = remembered(place);
  if (before !== null || !dialog) return Promise.resolve(before ?? "");
  const form = dialog.querySelector("form"), own = form.elements.own;
  form.reset();
  own.onkeydown = (event) => {  // a form's first button would answer to Enter
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit(form.querySelector('[value="own"]'));
  };
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const chosen = dialog.returnValue;
      if (chosen === "") return resolve(null);
      const why = chosen === "own" ? own.value.trim() : chosen;
      sessionStorage.setItem(`why:${place}`, why);
      resolve(why);
    }, { once: true });
  });
}
