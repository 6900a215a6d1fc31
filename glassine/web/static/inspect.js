// Follows a running turn: when the stream tells of its next step, the page fetches what changed. A turn that has ended changes no more.
import { listen } from "./live.js";
import { localTimes } from "./page.js";

export function startInspect() {
  const page = document.getElementById("turn"), follows = () => Boolean(page?.querySelector("#turn-state")?.dataset.running);
  let fetching = false, again = false;
  const refresh = async () => {
    if (fetching) return void (again = true);
    for (fetching = again = true; again && follows(); localTimes()) {
      again = false;
      await window.htmx.ajax("GET", page.dataset.refresh, { source: page, target: page, swap: "innerMorph" }).catch(() => {});
    }
    fetching = false;
  };
  if (follows()) listen(page.dataset.follow, document.body.dataset.person, (notice) => follows() && [null, page.dataset.session].includes(notice.session) && refresh(), () => {});
}
