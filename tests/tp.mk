# SPDX-License-Identifier: MIT
# The program that drives the LTTng back end by itself. It is in the directory from which the
# libraries are found.
TP_DRIVER := $(BUILD)/tests/tp_driver

$(TP_DRIVER): tests/e2e/tp_driver.c tests/e2e/tp_probes.h tests/e2e/tp_mirror.h \
              $(call obj,$(filter-out src/tp/print.c,$(TP_EXE)) $(UTIL)) \
              $(BUILD)/lib/libptrace_tracer_lttng.so $(BUILD)/lib/libptrace_tracer_session.so \
              $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(EXPORTS) -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) -ldl -lpthread

TEST_TARGETS += $(TP_DRIVER)

# Unlike other unit tests, these need liblttng-ctl.
$(BUILD)/tests/unit/test_session_%: tests/unit/test_session_%.c $(call obj,$(SESSION) $(UTIL)) \
                                    $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) $(SESSION_LIBS) $(CHECK_LIBS) -lpthread

# Receives triggers' notifications.
NOTIFIED := $(BUILD)/tests/notified

$(NOTIFIED): tests/e2e/notified.c $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< $(LDFLAGS) -llttng-ctl

TEST_TARGETS += $(NOTIFIED)

# Interferes with sessions when the tracer stops them.
INTERFERES := $(BUILD)/tests/interferes.so

$(INTERFERES): tests/e2e/interferes.c $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fsanitize=%,$(CFLAGS)) -fPIC -shared -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< -ldl -llttng-ctl

TEST_TARGETS += $(INTERFERES)

# The records of --in-process, which are in src/cli.
IN_PROCESS := src/cli/record_routes.c src/cli/pending_hits.c src/cli/lttng_clock.c

$(addprefix $(BUILD)/tests/unit/test_,record_routes stopped_routes pending_hits lttng_clock): $(BUILD)/tests/%: \
        tests/%.c $(call obj,$(IN_PROCESS) $(TESTED)) $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) $(ENGINE_LIBS) $(SYMBOLS_LIBS) $(ANALYSIS_LIBS) $(CHECK_LIBS) -ldl -lpthread

# What reads traces, with libbabeltrace2 and without our own library: the tests have its objects.
$(addprefix $(BUILD)/tests/unit/test_,trace_reader bad_traces): $(BUILD)/tests/%: tests/%.c \
        $(call obj,$(sort $(ANALYSIS) $(READER)) $(filter-out src/tp/identity_override.c,$(TP_EXE)) \
            $(filter-out src/util/load.c,$(UTIL))) $(BUILD)/flags
	@mkdir -p $(@D) $(BUILD)/obj/tests
	$(say) LD $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) $(READER_LIBS) $(ANALYSIS_LIBS) $(CHECK_LIBS) -ldl -lpthread
