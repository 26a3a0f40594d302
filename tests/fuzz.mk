# Fuzzers: `make fuzz` builds each tests/fuzz/fuzz_*.c with clang's libFuzzer, ASan and UBSan, and
# runs it for FUZZ_SECONDS. What it finds stays in $(BUILD)/fuzz.

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 30
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

FUZZ_CFLAGS = $(filter-out -fsanitize=%,$(CPPFLAGS) $(CFLAGS)) -fno-sanitize-recover=undefined \
              -Itests -fsanitize=fuzzer,address,undefined

$(BUILD)/fuzz/fuzz_displaced: src/ptrace/displaced_x86_64.c src/ptrace/insn_x86_64.c
$(BUILD)/fuzz/fuzz_displaced: FUZZ_LIBS = -lZydis

$(BUILD)/fuzz/%: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) $(FUZZ_LIBS)

fuzz: $(FUZZERS)
	@set -e; for fuzzer in $^; do \
	    mkdir -p $$fuzzer.corpus; \
	    echo "$$fuzzer: $(FUZZ_SECONDS) seconds"; \
	    $$fuzzer -max_len=256 -max_total_time=$(FUZZ_SECONDS) -verbosity=0 \
	        -artifact_prefix=$$fuzzer- $$fuzzer.corpus; \
	done

.PHONY: fuzz
