# SPDX-License-Identifier: MIT
# A helper for tests with real servers.
TEXT_CLEAN := $(BUILD)/tests/text_clean

$(TEXT_CLEAN): tests/e2e/text_clean.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

TEST_TARGETS += $(TEXT_CLEAN)
