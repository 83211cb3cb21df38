// Runs once in the document panel: `element` is the panel, `trigger` calls the server, `watch` hears of a new value.
// Links are read where they are clicked and sent as they stand; the server decides what they mean.
let opener = null; // where the reader came from
let wanted = null; // what they asked to see

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  const href = link?.getAttribute("href") ?? "";
  const kind = href.match(/^#(cite|near|read|copy)-/)?.[1];
  if (!kind) return;
  event.preventDefault();
  if (kind === "copy") return trigger("copy", { link: href });
  if (kind === "read") {
    props.value = ""; // the passages stand behind the document
    return trigger("read", { link: href });
  }
  opener = link;
  wanted = href;
  if (shown()?.dataset.link === href) return show();
  trigger("open", { link: href });
});

element.addEventListener("click", (event) => {
  if (event.target.closest(".close")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown()) close();
});
watch("value", () => {
  const article = shown();
  if (article && wanted && (article.dataset.link ?? wanted) === wanted) show();
});

function shown() {
  return element.querySelector("article");
}

function show() {
  wanted = null;
  shown().querySelector("h2").focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
  const mark = element.querySelector("mark.cited, mark.passage");
  const text = element.querySelector(".text");
  if (!mark) return;
  const tall = mark.offsetHeight > text.clientHeight;
  text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top
    - (tall ? 0 : (text.clientHeight - mark.offsetHeight) / 2);
}

function close() {
  props.value = "";
  // once the document is gone; the link may be gone too, after a new conversation
  setTimeout(() => (opener?.isConnected ? opener : document.querySelector("#question textarea"))?.focus());
}
