const PROTOCOLS = ["http:", "https:", "mailto:"];

export interface SafeLink {
  href: string;
  /** Host (or mail address) that the link really leads to. */
  host: string;
}

/** The link when it may be followed, null when not. Relative links are none: a model cannot know our paths. */
export function safeLink(href: string | undefined): SafeLink | null {
  if (!href || !URL.canParse(href)) return null;
  const url = new URL(href);
  if (!PROTOCOLS.includes(url.protocol)) return null;
  return { href: url.href, host: url.protocol === "mailto:" ? url.pathname : url.host };
}
