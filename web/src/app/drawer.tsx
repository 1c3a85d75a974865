import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../ui/icon-button";
import styles from "./drawer.module.css";

/** The side bar on narrow screens. */
export function Drawer({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const outside = (event: MouseEvent) => event.target === element && onClose();
    element?.showModal();
    element?.addEventListener("click", outside);
    return () => {
      element?.removeEventListener("click", outside);
      element?.close();
    };
  }, [onClose]);
  return (
    <dialog ref={dialog} className={styles.drawer} aria-label={t("nav.label")} onCancel={onClose}>
      <div className={styles.inside}>{children}</div>
      <IconButton icon="close" label={t("app.close")} className={styles.close} onClick={onClose} />
    </dialog>
  );
}
