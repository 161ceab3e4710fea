// A link that opens a letter in one's own mail program takes what stands in the form when it is followed.
export function bind(link) {
  link.addEventListener("click", () => {
    const { to, subject, body } = link.closest("form").elements
    const address = to.value.slice(to.value.indexOf(":") + 1)
    const words = body.value.replace(/\r?\n/g, "\r\n")
    link.href = `mailto:${encodeURIComponent(address).replace("%40", "@")}?subject=${encodeURIComponent(subject.value)}&body=${encodeURIComponent(words)}`
  })
}
