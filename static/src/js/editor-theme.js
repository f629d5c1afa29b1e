// Colours are the page's own variables, so the editor follows light and dark without being rebuilt.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const theme = EditorView.theme({
  "&": {
    fontSize: "0.8125rem",
    color: "var(--tblr-body-color)",
    backgroundColor: "var(--tblr-bg-forms)",
    border: "1px solid var(--tblr-border-color)",
    borderRadius: "var(--tblr-border-radius)",
    overflow: "hidden",
  },
  "&.is-invalid": { borderColor: "var(--tblr-danger)" },
  "&.cm-focused": { outline: "2px solid var(--serin-focus)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--tblr-font-monospace)", lineHeight: "1.6", minHeight: "8rem", maxHeight: "62vh" },
  ".cm-content": { caretColor: "var(--tblr-body-color)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--tblr-body-color)" },
  ".cm-gutters": {
    color: "var(--serin-muted)",
    backgroundColor: "transparent",
    borderRight: "1px solid var(--tblr-border-color)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--tblr-hover-bg)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--serin-selection)",
  },
  ".cm-panels": { color: "inherit", backgroundColor: "var(--tblr-bg-surface-secondary)" },
  ".cm-tooltip": { backgroundColor: "var(--tblr-bg-surface)", border: "1px solid var(--tblr-border-color)" },
});

export const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment, tags.docComment], color: "var(--serin-muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--code-function)" },
  { tag: [tags.definition(tags.className), tags.className, tags.typeName], color: "var(--code-type)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-property)" },
  { tag: [tags.meta, tags.annotation], color: "var(--code-type)" },
  { tag: tags.invalid, color: "var(--tblr-danger)" },
]);
