# SPDX-License-Identifier: MIT
# `make bench`: how fast it is, as ratios of figures taken in one run. Nothing here is a test.
# ROUNDS= how often everything is measured. Each bench/NAME.sh can be run alone after
# `make bench-programs`.

BENCH_CC = $(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror

BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,bare_stop bare_threads requests naive caller dispatch caller_plain caller_many \
                    caller_pg threads spin run loads rate gaps packet_delay busy ctf_records made_calls regions libplain.so libmany.so libmylib_pg.so)

ifeq ($(ARCH),x86_64)
BENCH_PROGRAMS += $(BUILD)/bench/bursts_pg
endif
BENCH_PROGRAMS += $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*_$(ARCH).c))

$(BUILD)/bench/%: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -o $@ $< -pthread -ldl

$(BUILD)/bench/regions: bench/regions.c $(call obj,$(SYMBOLS) $(UTIL)) $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) $(LDFLAGS) $(SYMBOLS_LIBS) $(ENGINE_LIBS_$(ARCH)) -lpthread

$(BUILD)/bench/stubs_x86_64: bench/stubs_x86_64.c $(BUILD)/lib/libptrace_engine.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -Isrc -o $@ $^ $(ENGINE_LIBS) -pthread

# The workload, on one library after the other. What is preloaded or patched needs no lazy binding.
bench_caller = $(Q)$(BENCH_CC) $(1) -o $@ $< -L$(2) -l$(3) -Wl,-rpath,'$(4)' -pthread

$(BUILD)/bench/caller: bench/caller.c $(BUILD)/lib/libmylib.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(call bench_caller,,$(BUILD)/lib,mylib,$$ORIGIN/../lib)

$(BUILD)/bench/rate: bench/rate.c $(BUILD)/lib/libmylib.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(call bench_caller,-Isample,$(BUILD)/lib,mylib,$$ORIGIN/../lib)

$(BUILD)/bench/packet_delay: bench/packet_delay.c src/tp/ctf/ctf_packet.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -Isrc -o $@ $<

$(BUILD)/bench/dispatch: bench/dispatch.c $(BUILD)/lib/libmylib.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(call bench_caller,,$(BUILD)/lib,mylib,$$ORIGIN/../lib)

$(BUILD)/bench/caller_plain: bench/caller.c $(BUILD)/bench/libplain.so
	$(say) LD $@
	$(call bench_caller,-DCALLED=plain_function -DTHIRD=uint64_t,$(@D),plain,$$ORIGIN)

$(BUILD)/bench/caller_many: bench/caller.c $(BUILD)/bench/libmany.so
	$(say) LD $@
	$(call bench_caller,-DCALLED=many_00000 -DTHIRD=double,$(@D),many,$$ORIGIN)

# For tracers that need it compiled in.
$(BUILD)/bench/caller_pg: bench/caller.c $(BUILD)/bench/libmylib_pg.so
	$(say) LD $@
	$(call bench_caller,-pg,$(@D),mylib_pg,$$ORIGIN)

$(BUILD)/bench/bursts_x86_64: bench/bursts_x86_64.c $(BUILD)/lib/libmylib.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(call bench_caller,-Isample,$(BUILD)/lib,mylib,$$ORIGIN/../lib)

$(BUILD)/bench/bursts_pg: bench/bursts_x86_64.c $(BUILD)/bench/libmylib_pg.so
	$(say) LD $@
	$(call bench_caller,-Isample -pg,$(@D),mylib_pg,$$ORIGIN)

$(BUILD)/bench/libmylib_pg.so: sample/mylib.c sample/mylib.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -Isample -pg -fPIC -shared -Wl,-soname,libmylib_pg.so -o $@ $<

$(BUILD)/bench/libplain.so: bench/plain.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -fPIC -shared -Wl,-soname,libplain.so -o $@ $<

# Ten thousand functions that do what the sample's does.
$(BUILD)/bench/many.c: bench/bench.mk
	@mkdir -p $(@D)
	$(Q)awk 'BEGIN { print "unsigned long my_wrong_calls;"; for (i = 0; i < 10000; i++) { \
	    f = sprintf("void many_%05d(int arg1, unsigned long arg2, double arg3, void *arg4)", i); \
	    print f ";\n" f "\n{\n    if (arg1 != 42 || arg2 == 0 || arg3 != arg3 || !arg4)\n" \
	          "        my_wrong_calls++;\n}" } }' > $@

$(BUILD)/bench/libmany.so: $(BUILD)/bench/many.c
	$(say) LD $@
	$(Q)$(BENCH_CC) -fPIC -shared -Wl,-soname,libmany.so -o $@ $<

# The writer of our own CTF traces by itself.
CTF_SOURCES := $(call sources,tp/ctf) src/tp/event_fields.c

$(BUILD)/bench/ctf_records $(BUILD)/bench/made_calls: $(BUILD)/bench/%: bench/%.c $(call obj,$(CTF_SOURCES) $(UTIL)) $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(BENCH_CC) -Isrc -o $@ $< $(filter %.o,$^) -pthread

bench-programs: all $(BENCH_PROGRAMS)

bench: bench-programs
	@BUILD=$(abspath $(BUILD)) bench/all.sh

.PHONY: bench bench-programs
