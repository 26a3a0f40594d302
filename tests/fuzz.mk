# SPDX-License-Identifier: MIT
# Fuzzers. `make fuzz` builds each tests/fuzz/fuzz_*.c with clang's libFuzzer, ASan and UBSan, and
# runs it for FUZZ_SECONDS (FUZZ=maps: only that one), from tests/fuzz/corpus/NAME on. Its findings
# are in $(BUILD)/fuzz. The tests run them without libFuzzer: tests/fuzz/replay.c. Those of one
# architecture's pure files (tests/tests.mk) run on every host. FUZZ=functions: see
# tests/functions.mk.

FUZZERS      := $(filter-out $(NOT_TESTED),$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 30
FUZZ         ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZERS)) $(FUZZ_ALSO)

FUZZ_CFLAGS = $(filter-out -fsanitize=%,$(CPPFLAGS) $(CFLAGS)) -fno-sanitize-recover=undefined \
              -Itests -fsanitize=fuzzer,address,undefined
FUZZ_LIBS   = $(ENGINE_LIBS) $(SYMBOLS_LIBS) $(ANALYSIS_LIBS) $(SESSION_LIBS) -ldl -lpthread
# It provides its own memory.
FUZZ_LIBS_unwind = -Wl,--wrap=memory_read

# All our code that needs no liblttng-ust; each fuzzer links what it calls.
FUZZED := $(TESTED) $(filter-out $(TESTED),$(SESSION))

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(FUZZ_CC) $(subst -fsanitize=fuzzer,-fsanitize=fuzzer-no-link,$(FUZZ_CFLAGS)) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libfuzzed.a: $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(FUZZED))
	$(Q)$(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h) $(BUILD)/fuzz/libfuzzed.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $< $(BUILD)/fuzz/libfuzzed.a $(FUZZ_LIBS) $(FUZZ_LIBS_$*)

pure_headers := $(wildcard tests/fuzz/*.h tests/unit/displaced_*.h tests/unit/stub_*.h)

# ARCH
define pure_fuzzer
$(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter %_$(1).c,$(FUZZERS))): $(BUILD)/fuzz/%: tests/fuzz/%.c $(pure_headers) $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(UTIL) $(call pure,$(1)))
	@mkdir -p $$(@D)
	$(say) LD $$@
	$(Q)$$(FUZZ_CC) $$(FUZZ_CFLAGS) -o $$@ $$(filter %.c %.o,$$^) $$(ENGINE_LIBS_$(1))

$(patsubst tests/%.c,$(BUILD)/tests/%,$(filter %_$(1).c,$(FUZZERS))): $(BUILD)/tests/%: tests/%.c tests/fuzz/replay.c $(pure_headers) $(call obj,$(UTIL) $(call pure,$(1))) $(BUILD)/flags
	@mkdir -p $$(@D) $(BUILD)/obj/tests
	$(say) LD $$@
	$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -Itests -o $$@ $$(filter %.c %.o,$$^) $$(LDFLAGS) $$(ENGINE_LIBS_$(1))
endef
$(foreach a,$(ARCHES),$(eval $(call pure_fuzzer,$(a))))

-include $(shell find $(BUILD)/fuzz/obj -name '*.d' 2>/dev/null)

fuzz: $(patsubst %,$(BUILD)/fuzz/fuzz_%,$(filter-out $(FUZZ_ALSO),$(FUZZ))) $(addprefix fuzz-,$(filter $(FUZZ_ALSO),$(FUZZ)))
	@set -e; for fuzzer in $(filter $(BUILD)/%,$^); do \
	    name=$${fuzzer##*/fuzz_}; \
	    mkdir -p $$fuzzer.corpus; \
	    echo "$$fuzzer: $(FUZZ_SECONDS) seconds"; \
	    $$fuzzer -max_len=$$([ $$name = elf ] && echo 65536 || echo 1024) \
	        -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 -print_final_stats=1 \
	        -artifact_prefix=$$fuzzer- $$fuzzer.corpus tests/fuzz/corpus/$$name 2>$$fuzzer.log || \
	        { tail -n 30 $$fuzzer.log; exit 1; }; \
	    grep number_of_executed_units $$fuzzer.log; \
	done

.PHONY: fuzz

# For the tests.
FUZZ_REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(FUZZERS))

$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(wildcard tests/fuzz/*.h) $(call obj,$(FUZZED)) $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -o $@ $(filter %.c %.o,$^) $(LDFLAGS) $(FUZZ_LIBS) $(FUZZ_LIBS_$*)

TEST_TARGETS += $(FUZZ_REPLAYS)
