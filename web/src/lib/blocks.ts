const FENCE = /^\s*(`{3,}|~{3,})(.*)$/;
const LIST_ITEM = /^\s*([-*+]|\d{1,9}[.)])\s/;
/** A definition (`[x]: url`, `[^1]: note`) may be used from any block: such text stays whole. */
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/**
 * Cuts markdown at blank lines that surely end a block, so that blocks above the last can be kept while text
 * still arrives. Joining the result with blank lines renders the same as the whole.
 */
export function splitBlocks(markdown: string): string[] {
  if (DEFINITION.test(markdown)) return [markdown];
  const blocks: string[] = [];
  let lines: string[] = [];
  let fence = "";
  let blank = false;
  for (const line of markdown.split("\n")) {
    const opensBlock = blank && !fence && lines.length > 0 && !continues(lines, line);
    if (opensBlock) {
      blocks.push(lines.join("\n").trimEnd());
      lines = [];
    }
    fence = nextFence(fence, line);
    blank = line.trim() === "";
    if (!blank || lines.length > 0) lines.push(line);
  }
  if (lines.length > 0) blocks.push(lines.join("\n"));
  return blocks;
}

/** After a blank line: indented text and further items belong to the list above. */
function continues(lines: string[], line: string): boolean {
  if (line.trim() === "" || /^\s/.test(line)) return true;
  return LIST_ITEM.test(line) && LIST_ITEM.test(lines[0] ?? "");
}

function nextFence(fence: string, line: string): string {
  const [, mark = "", info = ""] = FENCE.exec(line) ?? [];
  if (!mark) return fence;
  if (!fence) return mark;
  return mark.startsWith(fence) && info.trim() === "" ? "" : fence;
}
