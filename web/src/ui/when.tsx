import { useState } from "react";
import { useTranslation } from "react-i18next";
import { distance, exactly } from "../lib/moment";

interface WhenProps {
  at: string | null;
  /** The sentence round it. */
  say: (when: string) => string;
}

/** A sentence with a moment in it, as a distance from now; the exact moment for those who point at it. */
export function When({ at, say }: WhenProps) {
  const { t, i18n } = useTranslation();
  const [now] = useState(Date.now);
  if (at === null) return say(t("app.never"));
  return (
    <time dateTime={at} title={exactly(at, i18n.language)}>
      {say(distance(at, now, i18n.language))}
    </time>
  );
}
