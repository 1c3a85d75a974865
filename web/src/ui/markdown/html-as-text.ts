import type { Nodes, Root } from "mdast";

/** HTML in a message is what someone wrote about HTML: it is shown as text, never read as HTML. */
export function htmlAsText() {
  return (tree: Root) => replace(tree);
}

function replace(node: Nodes): void {
  if (!("children" in node)) return;
  for (const [at, child] of node.children.entries()) {
    if (child.type !== "html") replace(child);
    else if (node.type === "root") node.children[at] = { type: "paragraph", children: [text(child.value)] };
    else (node.children as Nodes[])[at] = text(child.value);
  }
}

const text = (value: string) => ({ type: "text" as const, value });
