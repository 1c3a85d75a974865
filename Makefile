.PHONY: help run dev build test lint test-rust test-web e2e fmt openapi bench battery fuzz

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 12

run: ## Build what is needed and run Jarvis on http://127.0.0.1:8000
	@scripts/run.sh

dev: ## Run a debug build and the page with hot reload
	@scripts/dev.sh

build: ## Build the release binary with the page inside
	@scripts/build.sh

test: ## Everything that CI checks
	@scripts/test.sh

lint: ## Formats, lints and types
	@scripts/test.sh lint

test-rust: ## Rust tests, with a throw-away PostgreSQL and Redis
	@scripts/test.sh tools rust

test-web: ## Tests and build of the page
	@scripts/test.sh web

e2e: ## The browser against the real binary
	@scripts/test.sh tools build e2e

openapi: ## Renew the API document and the types made from it
	@cargo run --quiet --locked -- openapi >web/openapi.json
	@npm --prefix web run --silent gen:api

fmt: ## Format everything
	@cargo fmt --all
	@scripts/web-deps.sh
	@cd web && npx --no-install biome check --write .

bench: ## Benchmarks
	@cargo bench --locked --workspace --bench '*'

battery: ## The long runs of what attacks Jarvis: every forged token in each of a hundred rounds of the socket
	@cargo nextest run --locked --package jarvis --test api --run-ignored only

fuzz: ## What reads text that strangers wrote, under libFuzzer, a minute each
	@scripts/fuzz.sh all 60
