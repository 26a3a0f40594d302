# `make bench`: how fast it is, as ratios of figures taken in one run. Nothing here is a test.

$(BUILD)/bench/%: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o $@ $<

bench: all $(BUILD)/bench/bare_stop
	@bench/call_cost.sh $(BUILD)

.PHONY: bench
