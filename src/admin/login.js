"use strict";
const KEY = "gcmock-admin-token";
const EVERY = 2000;
const page = document.getElementById("page");
const form = document.getElementById("login");
const field = document.getElementById("token");
const button = form.querySelector("button");
const notice = document.getElementById("notice");

// The token is sent in this header alone: an address would be kept in the history and in logs.
async function ask(token) {
  const headers = { Accept: "text/html", Authorization: "Bearer " + token };
  try {
    return await fetch(location.pathname, { cache: "no-store", credentials: "omit", redirect: "error", headers });
  } catch {
    return null;
  }
}

async function show(token) {
  const answer = await ask(token);
  if (answer?.ok) {
    sessionStorage.setItem(KEY, token);
    // A parsed document runs no scripts.
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    page.replaceChildren(...parsed.body.childNodes);
    setTimeout(show, EVERY, token);
    return;
  }
  if (answer?.status === 401) {
    sessionStorage.removeItem(KEY);
    refused("This is not the token of this server.");
    return;
  }
  const why = answer?.status === 429 ? "Too many attempts. Try again in a few seconds." : "The server does not answer.";
  if (form.isConnected) {
    refused(why);
    return;
  }
  notice.textContent = why;
  page.prepend(notice);
  setTimeout(show, EVERY, token);
}

function refused(why) {
  // The page was open, and the server was started again with another token.
  if (!form.isConnected) {
    page.replaceChildren(form);
    field.value = "";
  }
  notice.textContent = why;
  form.append(notice);
  button.disabled = false;
  field.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = field.value.trim();
  // No header can carry other characters.
  if (!/^[\x20-\x7e]+$/.test(token)) {
    refused("This is not the token of this server.");
    return;
  }
  button.disabled = true;
  show(token);
});

const kept = sessionStorage.getItem(KEY);
if (kept) {
  button.disabled = true;
  show(kept);
}
