// <button data-behaviour="print">: prints the page, as the browser's own menu does.
export function bind(button) {
  button.addEventListener("click", () => window.print())
}
