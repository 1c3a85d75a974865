import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { Composer, type ComposerProps } from "./composer";

function Host({ text: initial = "", onSend = () => undefined, ...props }: Partial<ComposerProps>) {
  const [text, setText] = useState(initial);
  return <Composer {...props} onSend={onSend} text={text} onText={setText} />;
}

function setUp(props: Partial<ComposerProps> = {}) {
  const onSend = vi.fn();
  render(<Host onSend={onSend} {...props} />);
  return { onSend, box: screen.getByRole("textbox"), user: userEvent.setup() };
}

it("Enter sends the trimmed text", async () => {
  const { onSend, box, user } = setUp();
  await user.type(box, "  hello {Enter}");
  expect(onSend).toHaveBeenCalledWith("hello");
});

it("Shift and Enter start a new line", async () => {
  const { onSend, box, user } = setUp();
  await user.type(box, "a{Shift>}{Enter}{/Shift}b");
  expect(box).toHaveValue("a\nb");
  expect(onSend).not.toHaveBeenCalled();
});

it("Enter that ends the writing of a character does not send", () => {
  const { onSend, box } = setUp({ text: "に" });
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  expect(onSend).not.toHaveBeenCalled();
});

it("blank text is not sent", async () => {
  const { onSend, box, user } = setUp();
  await user.type(box, "   {Enter}");
  expect(onSend).not.toHaveBeenCalled();
});

it("the count appears near the limit and what is over it is not sent", async () => {
  const { onSend, box, user } = setUp({ text: "👋".repeat(9_999) });
  expect(screen.getByRole("status")).toHaveTextContent("9999 of 10000 characters");
  await user.type(box, "ab{Enter}");
  expect(screen.getByRole("status")).toHaveTextContent("1 character too many");
  expect(onSend).not.toHaveBeenCalled();
});

it("while an answer is written the button stops it, and Enter sends nothing", async () => {
  const onStop = vi.fn();
  const { onSend, box, user } = setUp({ onStop });
  await user.type(box, "next{Enter}");
  expect(onSend).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Stop" }));
  expect(onStop).toHaveBeenCalled();
  expect(box).toHaveValue("next");
});
