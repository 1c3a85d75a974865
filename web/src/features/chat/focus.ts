/** Focuses what one writes in, but not where that would open a keyboard over the page. */
export function focusWhereKeysAre(element: HTMLElement | null): void {
  if (matchMedia("(pointer: fine)").matches) element?.focus();
}
