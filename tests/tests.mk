# Tests: tests/unit/test_*.c and tests/engine/test_*.c are each a Check program of their own, linked
# with all code of ours that needs no LTTng; tests/e2e/*.sh run the built tracer.
# Everything under test is built with ASan and UBSan, in $(BUILD)/asan.

ASAN := $(BUILD)/asan

UNIT_TESTS   := $(wildcard tests/unit/test_*.c)
ENGINE_TESTS := $(wildcard tests/engine/test_*.c)
TESTED       := $(UTIL) $(SYMBOLS) $(ENGINE) $(filter-out src/tp/thread_id.c,$(TP_EXE))

test_program = $(patsubst tests/%.c,$(BUILD)/tests/%,$(1))
TEST_PROGRAMS := $(call test_program,$(UNIT_TESTS) $(ENGINE_TESTS))

$(BUILD)/tests/%: tests/%.c $(call obj,$(TESTED)) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itests -MMD -MP -MF $(BUILD)/obj/tests/$(notdir $@).d -o $@ $< \
	    $(filter %.o,$^) $(LDFLAGS) $(ENGINE_LIBS) $(SYMBOLS_LIBS) $(shell pkg-config --libs check) -ldl -lpthread
