# SPDX-License-Identifier: MIT
# Makes the tracer's calls of the C library fail. It is preloaded, so it is built without
# sanitizers.
INJECT := $(BUILD)/tests/libinject.so

$(INJECT): tests/inject/inject.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -fPIC -shared -o $@ $< -ldl -lpthread

TEST_TARGETS += $(INJECT)
