// What script adds. Every page works without it: each act is a link or a form.
// An element asks for a behaviour by name: data-behaviour="draft mentions".
import * as answered from "./answered.js"
import * as board from "./board.js"
import * as busy from "./busy.js"
import * as copy from "./copy.js"
import * as doubles from "./doubles.js"
import * as draft from "./draft.js"
import * as file from "./file.js"
import * as focus from "./focus.js"
import * as line from "./line.js"
import * as mailto from "./mailto.js"
import * as mentions from "./mentions.js"
import * as menus from "./menus.js"
import * as pages from "./pages.js"
import * as presence from "./presence.js"
import * as print from "./print.js"
import * as progress from "./progress.js"
import * as palette from "./palette.js"
import * as passkeys from "./passkeys.js"
import * as rank from "./rank.js"
import * as rows from "./rows.js"
import * as search from "./search.js"
import * as selection from "./selection.js"
import * as sheets from "./sheets.js"
import * as shortcuts from "./shortcuts.js"
import * as submits from "./submits.js"
import * as theme from "./theme.js"
import * as timezone from "./timezone.js"
import * as toasts from "./toasts.js"

const behaviours = { answered, board, copy, doubles, draft, file, focus, line, mailto, mentions, palette, passkeys, presence, print, progress, rank, rows, search, selection, submits, theme, timezone, toasts }
const bound = new WeakMap()

// Binds each element once for each of its behaviours, in a page and in what is put into it later.
function bind(root = document) {
  draft.settle()
  for (const element of root.querySelectorAll("[data-behaviour]")) {
    const done = bound.get(element) ?? new Set()
    bound.set(element, done)
    for (const name of element.dataset.behaviour.split(" ")) {
      if (done.has(name) || !behaviours[name]) continue
      done.add(name)
      behaviours[name].bind(element)
    }
  }
}

pages.whenRenewed(bind)
menus.listen()
sheets.listen()
shortcuts.listen()
palette.listen()
busy.listen()
bind()
document.addEventListener("htmx:after:swap", () => bind())
