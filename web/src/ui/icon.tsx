const PATHS = {
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M5 12l7-7 7 7",
  stop: "M8 8h8v8H8z",
  copy: "M9 9h10v10H9zM5 15V5h10",
  check: "M5 13l4 4L19 7",
  pencil: "M4 20l1-4L16 5l3 3L8 19z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  retry: "M4 12a8 8 0 1 1 2.5 5.8M4 12V6M4 12h6",
  down: "M12 5v14M5 12l7 7 7-7",
  chevron: "M9 6l6 6-6 6",
  leave: "M14 4h5v16h-5M4 12h11M8 8l-4 4 4 4",
  warning: "M12 4l9 16H3zM12 10v5M12 17.5v.5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  shield: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM8.5 12l2.5 2.5L15.5 10",
  key: "M15 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11.4 12.6L4 20v-3M8 16l2 2M15 9h.01",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  phone: "M8 3h8v18H8zM11 18h2",
  print: "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
  people:
    "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 5.5a3.2 3.2 0 0 1 0 6M18 14.5c2.2.8 3.5 2.7 3.5 5.5",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  link: "M10 14l4-4M8.5 12L6 14.5a3.2 3.2 0 0 0 4.5 4.5L13 16.5M15.5 12L18 9.5A3.2 3.2 0 0 0 13.5 5L11 7.5",
  back: "M20 12H5M11 6l-6 6 6 6",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20",
  gear: "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h11M19 17h1M15 5v4M9 10v4M17 15v4",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing that says nothing by itself: what carries it has the words. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
