import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { PasswordField } from "./password-field";

it("hides what is typed until asked, and says to the browser what it is", async () => {
  render(<PasswordField isNew />);
  const field = screen.getByLabelText("Password");
  expect(field).toHaveAttribute("type", "password");
  expect(field).toHaveAttribute("autocomplete", "new-password");
  await userEvent.click(screen.getByRole("button", { name: "Show" }));
  expect(field).toHaveAttribute("type", "text");
  await userEvent.click(screen.getByRole("button", { name: "Hide" }));
  expect(field).toHaveAttribute("type", "password");
});

it("takes what a password manager pastes, whole", async () => {
  render(<PasswordField />);
  const field = screen.getByLabelText("Password");
  expect(field).toHaveAttribute("autocomplete", "current-password");
  await userEvent.click(field);
  await userEvent.paste(" lantern orchard winter 42 é🎉 ");
  expect(field).toHaveValue(" lantern orchard winter 42 é🎉 ");
});
