import { useId } from "react";
import { Button } from "../../ui/button";
import styles from "./person-dialog.module.css";

interface PersonDeedProps {
  name: string;
  /** What it means for the person. */
  text: string;
  held: boolean;
  danger?: boolean;
  onDo: () => void;
}

export function PersonDeed({ name, text, held, danger = false, onDo }: PersonDeedProps) {
  const id = useId();
  return (
    <div className={styles.deed}>
      <p id={id} className={styles.words}>
        {text}
      </p>
      <Button
        look={danger ? "danger" : "plain"}
        aria-describedby={id}
        aria-disabled={held}
        onClick={() => !held && onDo()}
      >
        {name}
      </Button>
    </div>
  );
}
