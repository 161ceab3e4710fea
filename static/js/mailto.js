// A link that opens a letter in one's own mail program takes what stands in the form when it is followed.
export function bind(link) {
  link.addEventListener("click", () => {
    const { to, subject, body } = link.closest("form").elements
    const words = body.value.replace(/\r?\n/g, "\r\n")
    link.href = `${to ? chosen(to.value) : link.href.split("?")[0]}?subject=${encodeURIComponent(subject.value)}&body=${encodeURIComponent(words)}`
  })
}

// The form says whom it goes to, by a key that ends in the address; where it does not, the link itself knows.
function chosen(key) {
  return `mailto:${encodeURIComponent(key.slice(key.indexOf(":") + 1)).replace("%40", "@")}`
}
