/** Characters that reorder text on screen can make code or a link read as something else (Unicode TR36, "Trojan Source"). */
const BIDI_CONTROL = /\p{Bidi_Control}/gu;

/** Shows each bidirectional control character as its code point. */
export function revealBidi(text: string): string {
  return text.replace(BIDI_CONTROL, (char) => `⟦U+${hex(char)}⟧`);
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
