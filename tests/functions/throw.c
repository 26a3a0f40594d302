/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unwind.h>

#include "driver.h"

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                struct _Unwind_Exception *exception,
                                struct _Unwind_Context *context, void *data)
{
    (void)version;
    (void)kind;
    (void)exception;
    (void)context;
    (void)data;
    if (actions & _UA_END_OF_STACK)
        die("no landing pad was found");
    return _URC_NO_REASON;
}

void throw_exception(void)
{
    static _Thread_local struct _Unwind_Exception exception;
    memset(&exception, 0, sizeof(exception));
    _Unwind_ForcedUnwind(&exception, stop, NULL);
    die("_Unwind_ForcedUnwind() has returned");
}
