# SPDX-License-Identifier: MIT
# Random functions of x86-64, run with and without jumps: see tests/functions. `make fuzz` runs
# FUNCTIONS of them, the tests some thousand.

FUNCTIONS ?= 1000000

ifeq ($(ARCH),x86_64)
functions_dir := $(BUILD)/tests/functions
FUNCTION_PROGRAMS := $(addprefix $(functions_dir)/,generate driver.o mappings.o throw.o driver_x86_64.o run)
TEST_TARGETS += $(FUNCTION_PROGRAMS)
FUZZ_ALSO    := functions
endif

# Ordinary programs, however the tracer is built.
FUNCTIONS_CC = $(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Wshadow -Itests/functions

$(BUILD)/tests/functions/generate: $(addprefix tests/functions/,generate.c calls.c hazards.c instructions.c generator.h layout.h)
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(FUNCTIONS_CC) -o $@ $(filter %.c,$^)

# Exceptions are thrown through it.
$(BUILD)/tests/functions/%.o: tests/functions/%.c $(addprefix tests/functions/,driver.h layout.h)
	@mkdir -p $(@D)
	$(Q)$(FUNCTIONS_CC) -fPIE -fexceptions -c -o $@ $<

$(BUILD)/tests/functions/%.o: tests/functions/%.S tests/functions/layout.h
	@mkdir -p $(@D)
	$(Q)$(CC) -Itests/functions -c -o $@ $<

$(BUILD)/tests/functions/run: tests/functions/layout.h

fuzz-functions: $(FUNCTION_PROGRAMS)
	@BUILD=$(abspath $(BUILD)) bash tests/functions/all.sh $(FUNCTIONS) $(SEED)

.PHONY: fuzz-functions
