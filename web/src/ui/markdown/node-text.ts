import type { ElementContent } from "hast";

/** The text inside a syntax tree node. */
export function nodeText(node: ElementContent | undefined): string {
  if (!node || node.type === "comment") return "";
  return node.type === "element" ? node.children.map(nodeText).join("") : node.value;
}
