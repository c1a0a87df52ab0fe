// The pages read and work without this. It spares a few clicks.
"use strict";

// A filter takes effect when it is chosen.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=date]")) form.requestSubmit();
  });
}

// "/" goes to the search, Escape closes a menu.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      search.focus();
      event.preventDefault();
    }
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

// A word is said once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Today is shown anew each minute, unless somebody is about to say something there. The server is
// told that nobody clicked: a page that is left open must not keep its login alive.
if (location.pathname === "/") {
  if (location.search === "?again") history.replaceState(null, "", "/");
  setInterval(() => {
    const busy = document.querySelector("details[open]") || document.activeElement.closest("form");
    if (!document.hidden && !busy && !location.hash) location.replace("/?again");
  }, 60000);
}
