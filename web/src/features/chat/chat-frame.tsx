import { type ReactNode, type Ref, useImperativeHandle } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icon";
import styles from "./chat-frame.module.css";
import { useStickyScroll } from "./use-sticky-scroll";

interface ChatFrameProps {
  /** Names the first item, so that what is read stays in place when older ones come. */
  first?: string | undefined;
  busy?: boolean;
  composer: ReactNode;
  children: ReactNode;
  scrollRef?: Ref<{ toEnd: () => void }>;
}

/** Messages that scroll, above a composer that does not. */
export function ChatFrame({ first, busy = false, composer, children, scrollRef }: ChatFrameProps) {
  const { t } = useTranslation();
  const { scroller, content, atEnd, toEnd } = useStickyScroll(first);
  useImperativeHandle(scrollRef, () => ({ toEnd }), [toEnd]);
  return (
    <div className={styles.frame}>
      <div
        ref={scroller}
        className={styles.scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t("chat.log")}
        aria-busy={busy}
      >
        <div ref={content} className={styles.column}>
          {children}
        </div>
      </div>
      <div className={styles.dock}>
        <button type="button" className={styles.latest} hidden={atEnd} onClick={toEnd}>
          <Icon name="down" size={14} />
          {t("chat.latest")}
        </button>
        {composer}
      </div>
    </div>
  );
}
