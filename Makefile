# winnow: `make demo` runs the main job, `make test` the tests. Nothing but Go is needed for both; `make check` installs what else it needs.
GO      ?= go
BIN     := bin/winnow
PYTHON  ?= python3
VENV    := .venv
BROWSER := .browser
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
export CGO_ENABLED := 0

.PHONY: build test demo check lint race docs bench bench-train base harm-model fuzz python browser clean

build: $(BIN)

$(BIN): $(shell find cmd datasets eval filters internal pipeline report tokenize train -name '*.go' -o -name '*.s' -o -name '*.html' -o -name '*.css' -o -name '*.yaml' -o -name '*.jinja') go.mod
	$(GO) build -trimpath -ldflags '-s -w' -o $@ ./cmd/winnow

# The main job: makes a small bilingual data set with planted defects, curates it, tunes the embedded model on it, measures before and after.
demo: $(BIN)
	$(GO) run ./internal/tools/demodata -out examples/demo/data
	$(BIN) run examples/demo/recipe.yaml
	@echo
	@echo "report: $(CURDIR)/examples/demo/runs/demo/report.html"

test:
	$(GO) test -timeout 30m ./...

# Everything that CI asks for, in the order in which it fails soonest.
check: lint docs-fresh build python browser test race
	@echo "check: all passed"

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt is needed on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	GOOS=linux GOARCH=arm64 $(GO) vet ./...
	$(GO) run $(LINT) run ./...

race:
	CGO_ENABLED=1 $(GO) test -race -short -timeout 30m ./pipeline/... ./tokenize/pack ./datasets ./train

# Pages of docs/ and the editor's schema, made from the specs.
docs:
	$(GO) run ./internal/tools/docs

.PHONY: docs-fresh
docs-fresh:
	$(GO) run ./internal/tools/docs -check

# Python packages and a browser, for the checks that need them.
python: $(VENV)/.done
$(VENV)/.done: bench/requirements-check.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

browser: $(BROWSER)/.done
$(BROWSER)/.done:
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q chromium; }
	mkdir -p $(BROWSER) && cd $(BROWSER) && npm install --silent --no-fund --no-audit playwright-core@1.64.1
	touch $@

# Speed beside the peers' own scripts, run in turn; WINNOW_SHARED says where the bench corpus lies.
bench: $(BIN)
	bash bench/bench.sh $(BIN)

# Our training steps, products and generation beside PyTorch's, with ratios and peak memory; ARGS="-only tiny" runs a part.
bench-train:
	bash bench/train.sh

# The embedded base model, trained again from the shared general texts (about an hour on two cores).
base: $(BIN)
	$(BIN) run train/base/recipe.yaml
	$(GO) run ./internal/tools/packbase -run runs/base -out train/base/model

# The embedded harm classifier, trained again from the shared sets.
harm-model:
	$(GO) run ./internal/tools/harmmodel

# The examples on the shared data sets, one after the other, and docs/results.md from their runs. A gate that is missed stands there too.
EXAMPLES := medical/recipe law/recipe finance/recipe classify/recipe translate/recipe style/recipe debias/recipe
.PHONY: examples
examples: $(BIN)
	$(GO) run ./internal/tools/debiasdata
	for e in $(EXAMPLES); do $(BIN) run examples/$$e.yaml || [ $$? = 3 ] || exit 1; done
	$(GO) run ./internal/tools/results

# The bias loop alone: text, three seeds of every arm, the table of figures and the limits, the report that shows all arms side by side.
.PHONY: debias
debias: $(BIN)
	$(GO) run ./internal/tools/debiasdata
	$(BIN) run examples/debias/recipe.yaml

# Every fuzz target for a minute.
fuzz:
	bash bench/fuzz.sh 60s

clean:
	rm -rf bin runs examples/*/runs $(VENV) $(BROWSER)
