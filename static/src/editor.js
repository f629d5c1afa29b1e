// Turns <textarea data-editor="python"> into CodeMirror. The textarea stays the form's field: every change
// is written back to it, so the form posts the same with and without this script.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { csharp } from "@codemirror/legacy-modes/mode/clike";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { highlighting, theme } from "./js/editor-theme.js";

const LANGUAGES = { python, json, csharp: () => StreamLanguage.define(csharp) };
const nonce = document.querySelector("meta[name=csp-nonce]").content;

const basics = [
  EditorView.cspNonce.of(nonce),
  theme,
  syntaxHighlighting(highlighting),
  lineNumbers(),
  highlightSpecialChars(),
  drawSelection(),
  bracketMatching(),
  highlightSelectionMatches(),
];
const editing = [
  history(),
  indentUnit.of("    "),
  indentOnInput(),
  closeBrackets(),
  autocompletion(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  // Escape, then Tab, leaves the editor: CodeMirror lets the next Tab through after an Escape.
  keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, indentWithTab]),
];

function enhance(textarea) {
  const form = textarea.form;
  const view = new EditorView({
    doc: textarea.value,
    extensions: [
      basics,
      textarea.readOnly ? EditorState.readOnly.of(true) : editing,
      keymap.of([...searchKeymap, ...defaultKeymap]),
      LANGUAGES[textarea.dataset.editor]?.() ?? [],
      EditorView.contentAttributes.of(attributes(textarea)),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        textarea.value = update.state.doc.toString();
        textarea.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ],
  });
  view.dom.classList.toggle("is-invalid", textarea.getAttribute("aria-invalid") === "true");
  textarea.after(view.dom);
  textarea.hidden = true;
  textarea.removeAttribute("data-editor");
  for (const label of textarea.labels) label.addEventListener("click", () => view.focus());
  if (form && "guard" in form.dataset) guard(form, textarea);
}

function attributes(textarea) {
  const label = textarea.labels[0]?.textContent.trim() ?? textarea.getAttribute("aria-label") ?? "Code";
  const described = textarea.getAttribute("aria-describedby");
  return { "aria-label": label, ...(described && { "aria-describedby": described }) };
}

/** Leaving the page with an edit that was not sent asks first. */
function guard(form, textarea) {
  let sent = false;
  form.addEventListener("submit", () => (sent = true));
  form.addEventListener("htmx:afterRequest", (event) => {
    sent = false;
    if (event.detail.successful) textarea.defaultValue = textarea.value;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && textarea.isConnected && textarea.value !== textarea.defaultValue) event.preventDefault();
  });
}

const enhanceAll = () => document.querySelectorAll("textarea[data-editor]").forEach(enhance);
enhanceAll();
document.addEventListener("htmx:afterSwap", enhanceAll);
