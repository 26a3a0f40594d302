# SPDX-License-Identifier: MIT
# What the tests on real servers look at running processes with.
TEXT_CLEAN := $(BUILD)/tests/text_clean

$(TEXT_CLEAN): tests/e2e/text_clean.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

TEST_TARGETS += $(TEXT_CLEAN)
