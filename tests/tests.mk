# SPDX-License-Identifier: MIT
# Tests: tests/unit/test_*.c and tests/engine/test_*.c are Check programs, linked with all our code
# that needs no LTTng; tests/e2e/test_*.sh run the built tracer. `make check` builds everything with
# ASan and UBSan in $(BUILD)/asan: see scripts/run_tests.sh.
#
# tests/unit/test_WHAT_ARCH.c tests ARCH's pure files, which work on values and bytes alone: on
# every host, linked with these files only. test_WHAT_run_ARCH.c executes instructions, and is for
# hosts of that architecture.

pure = $(wildcard src/symbols/abi/abi_$(1).c src/symbols/abi/abi_code_$(1).c \
           $(foreach what,displaced insn copy,src/ptrace/arch/$(1)/$(what).c) $(stubs_$(1)))
# Stubs are for the registers and the processor of the host.
stubs_$(ARCH) := src/ptrace/arch/stub_record.c src/ptrace/arch/$(ARCH)/stub*.c \
                 src/ptrace/arch/$(ARCH)/region_copy.c
# On another host, Zydis may be missing.
has_zydis  := $(or $(filter x86_64,$(ARCH)),$(shell echo | $(CC) $(CPPFLAGS) -E -include Zydis/Zydis.h - >/dev/null 2>&1 && echo yes))
NOT_TESTED := $(foreach a,$(filter-out $(ARCH),$(ARCHES)),%_run_$(a).c) $(if $(has_zydis),,%_x86_64.c)

UNIT_TESTS   := $(filter-out $(NOT_TESTED),$(wildcard tests/unit/test_*.c))
ENGINE_TESTS := $(wildcard tests/engine/test_*.c)
TESTED       := $(UTIL) $(SYMBOLS) $(ENGINE) $(ANALYSIS) $(filter-out src/tp/identity_override.c,$(TP_EXE))

test_program = $(patsubst tests/%.c,$(BUILD)/tests/%,$(1))
TEST_PROGRAMS := $(call test_program,$(UNIT_TESTS) $(ENGINE_TESTS))

# Programs and files that the tests trace or read; the files below add to it.
TEST_TARGETS :=

CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check)

-include $(wildcard tests/targets.mk tests/symbols.mk tests/functions.mk tests/fuzz.mk tests/tp.mk tests/servers.mk tests/inject.mk)

$(BUILD)/tests/%: tests/%.c $(call obj,$(TESTED)) $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -Itests/unit/$(ARCH) -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) $(ENGINE_LIBS) $(SYMBOLS_LIBS) $(ANALYSIS_LIBS) $(CHECK_LIBS) -ldl -lpthread

# In src/cli.
$(BUILD)/tests/unit/test_tracing_costs: $(call obj,src/cli/tracing_costs.c)
$(BUILD)/tests/unit/test_command_words: $(call obj,src/cli/did_you_mean.c src/cli/id_list.c)

# ARCH
define pure_test
$(filter %_$(1),$(call test_program,$(UNIT_TESTS))): $(BUILD)/tests/%: tests/%.c $(call obj,$(UTIL) $(call pure,$(1))) $(BUILD)/flags
	@mkdir -p $$(@D) $(BUILD)/obj/tests
	$(say) LD $$@
	$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -Itests -MMD -MP -MF $(BUILD)/obj/tests/$$(notdir $$@).d -o $$@ $$< \
	    $$(filter %.o,$$^) $$(LDFLAGS) $$(ENGINE_LIBS_$(1)) $$(CHECK_LIBS)
endef
$(foreach a,$(ARCHES),$(eval $(call pure_test,$(a))))

test-programs: $(TEST_PROGRAMS) $(TEST_TARGETS)

# The Check programs, for scripts.
list-tests:
	@printf '%s\n' $(TEST_PROGRAMS)

check:
	$(if $(CROSS_COMPILE),$(error these programs do not run here: scripts/test_arm64.sh tests a build for arm64))
	@scripts/run_tests.sh $(BUILD)

.PHONY: test-programs list-tests

# MINUTES= how long.
stress: all
	@$(MAKE) SANITIZE=1 BUILD=$(BUILD)/asan test-programs
	@scripts/stress.sh $(or $(MINUTES),5) $(BUILD)

.PHONY: stress

# CALLS= how many.
values: all
	@BUILD=$(abspath $(BUILD)) bash tests/values/all.sh $(or $(CALLS),1000000)
	@BUILD=$(abspath $(BUILD)) IN_PROCESS=1 bash tests/values/all.sh $(or $(CALLS),1000000)

.PHONY: values

# PROGRAMS= how many.
names: all
	@BUILD=$(abspath $(BUILD)) bash tests/names/all.sh $(or $(PROGRAMS),100)

.PHONY: names
