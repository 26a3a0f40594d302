# SPDX-License-Identifier: MIT
# The sample is what users have: an optimized program and library with debug information, never
# built with the sanitizers that SANITIZE=1 gives the tracer.

SAMPLE_CFLAGS := -std=gnu11 -O2 -g -fPIC -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
                 -Wmissing-prototypes -D_GNU_SOURCE -Isample

$(BUILD)/lib/libmylib.so: sample/mylib.c sample/mylib.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_CFLAGS) -shared -Wl,-soname,libmylib.so -o $@ $<

$(BUILD)/bin/sample_app: sample/sample_app.c sample/mylib.h $(BUILD)/lib/libmylib.so
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_CFLAGS) -o $@ $< -L$(BUILD)/lib -lmylib -Wl,-rpath,'$$ORIGIN/../lib'

$(BUILD)/lib/libmylib_wrapper.so: sample/wrapper.c sample/wrapper_tp.h sample/mylib.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_CFLAGS) -shared -o $@ $< -llttng-ust -ldl
