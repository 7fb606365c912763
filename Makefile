# SPDX-License-Identifier: Apache-2.0
# Meson does the work; this is for people who type `make`.
BUILD ?= build
PREFIX ?= /usr/local
DEMO ?= hognose-demo.html
SECONDS_EACH ?= 300

.PHONY: all help deps demo check soak install bench fuzz clean

all: $(BUILD)/build.ninja ## build $(BUILD)/hognose (the default)
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup --prefix=$(PREFIX) $(BUILD)

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | \
		sed 's,$$(BUILD),$(BUILD),' | expand -t 16

deps: ## install what is missing (Debian, Ubuntu), or say what is needed
	@tools/deps.sh check

demo: ## record an example program and draw its flame graph
	@tools/deps.sh build
	@$(MAKE) --no-print-directory all
	@$(BUILD)/hognose record -o $(DEMO) -- python3 examples/demo_app.py
	@echo "the flame graph is in $(DEMO): open it in a browser"

check: ## every test there is; STEPS="unit-gcc format": only these
	@tools/check.sh $(STEPS)

soak: all ## the truth tests for SOAK_SECONDS seconds (600), with more stacks
	@BUILD=$(BUILD) tools/soak.sh

install: all ## install hognose and its man pages under PREFIX
	@meson install -C $(BUILD) --no-rebuild

bench: all ## measure: samples per second, cost, truth
	@HOGNOSE=$(abspath $(BUILD))/hognose python3 bench/run.py

fuzz: ## each fuzzer for SECONDS_EACH seconds (300)
	@FUZZ_SECONDS=$(SECONDS_EACH) tools/check.sh fuzz

clean: ## remove what was built
	@rm -rf $(BUILD) build-check $(DEMO)
