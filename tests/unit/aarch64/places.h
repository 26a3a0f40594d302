/* SPDX-License-Identifier: MIT */
#ifndef UNIT_PLACES_H
#define UNIT_PLACES_H

#include <stddef.h>
#include <string.h>

/* What describe_fields() writes on this architecture for what it writes on x86-64. */
static inline const char *placed(const char *text)
{
    static const char *const texts[][2] = {
        /* Eight registers. */
        {"a:int1s@i0 b:int1@i1 c:int2s@i2 d:int2@i3 e:int4s@i4 f:int4@i5 g:int8s@s0 h:int8@s8 "
         "i:int8s@s16",
         "a:int1s@i0 b:int1@i1 c:int2s@i2 d:int2@i3 e:int4s@i4 f:int4@i5 g:int8s@i6 h:int8@i7 "
         "i:int8s@s0"},
        {"a:str8@i0 b:ptr8@i1 c:str8@i2 d:ptr8@i3 e:ptr8@i4 f:ptr8@i5 g:str8@s0",
         "a:str8@i0 b:ptr8@i1 c:str8@i2 d:ptr8@i3 e:ptr8@i4 f:ptr8@i5 g:str8@i6"},
        {"a:str8@i0 b:str8@i1 c:str8@i2 d:str8@i3 e:str8@i4 f:ptr8@i5 f_deref:str8@&i5>0 "
         "f_ptr:enum1@?i5 g:str8@s0",
         "a:str8@i0 b:str8@i1 c:str8@i2 d:str8@i3 e:str8@i4 f:ptr8@i5 f_deref:str8@&i5>0 "
         "f_ptr:enum1@?i5 g:str8@i6"},
        {"arg1:word8@i0 arg2:word8@i1 arg3:word8@i2 arg4:word8@i3 arg5:word8@i4 arg6:word8@i5",
         "arg1:word8@i0 arg2:word8@i1 arg3:word8@i2 arg4:word8@i3 arg5:word8@i4 arg6:word8@i5 "
         "arg7:word8@i6 arg8:word8@i7"},
        {"a:str8@&i0>0/&i0>8 b:str8@&i1>0/&i1>8 c:str8@i3/i2 d_size:count8@&i4>0/&i4>8 "
         "e_size:count8@&i5>0/&i5>8 e_ptr:enum1@?i5 f:ptr8@&s0>0 g:ptr8@&s8>0",
         "a:str8@&i0>0/&i0>8 b:str8@&i1>0/&i1>8 c:str8@i3/i2 d_size:count8@&i4>0/&i4>8 "
         "e_size:count8@&i5>0/&i5>8 e_ptr:enum1@?i5 f:ptr8@&i6>0 g:ptr8@&i7>0"},
        /* Characters are unsigned; long double is in a vector register. */
        {"a:bool1@i0 b:bool1@i1 c:int1s@i2", "a:bool1@i0 b:bool1@i1 c:int1@i2"},
        {"a:float16@s0 b:int4s@i0 c:float16@s16 d:int1s@i1",
         "a:float16@f0 b:int4s@i0 c:float16@f1 d:int1@i1"},
        {"retval:float16@X0", "retval:float16@F0"},
        {"retval_value:float16@X0", "retval_value:float16@F0"},
        /* Structures: of floats in a register for each, others in integer registers. */
        {"a_d:float8@f0 a_name:str8@i0 b:int4s@i1 c_a:float4@f1 c_b:float4@f1+4 c_c:float4@f2",
         "a_d:float8@i0 a_name:str8@i1 b:int4s@i2 c_a:float4@f0 c_b:float4@f1 c_c:float4@f2"},
        {"retval_d:float8@F0 retval_name:str8@I0", "retval_d:float8@I0 retval_name:str8@I1"},
        {"retval_a:float4@F0 retval_b:float4@F0+4 retval_c:float4@F1",
         "retval_a:float4@F0 retval_b:float4@F1 retval_c:float4@F2"},
        {"a_re:float4@f0 a_im:float4@f0+4 b_re:float8@f1 b_im:float8@f2 c:int4s@i0",
         "a_re:float4@f0 a_im:float4@f1 b_re:float8@f2 b_im:float8@f3 c:int4s@i0"},
        {"a:int4s@i0 b:int4s@i1 c:int4s@i2 d:int4s@i3 e:int4s@i4 f_items_0:int4s@s0 "
         "f_items_1:int4s@s4 f_items_2:int4s@s8 f_items_3:int4s@s12 g:int4s@i5 h_x:int4s@s16 "
         "h_y:int4s@s20",
         "a:int4s@i0 b:int4s@i1 c:int4s@i2 d:int4s@i3 e:int4s@i4 f_items_0:int4s@i5 "
         "f_items_1:int4s@i5+4 f_items_2:int4s@i6 f_items_3:int4s@i6+4 g:int4s@i7 h_x:int4s@s0 "
         "h_y:int4s@s4"},
        {"a_a:int4@i0.0:3 a_b:int4@i0.3:29 a_whole:int4s@i0+4 b_c:int1s@s0 b_l:int8s@s1 c:word8@i1 "
         "d_value:float16@s16 e:int4s@i2",
         "a_a:int4@i0.0:3 a_b:int4@i0.3:29 a_whole:int4s@i0+4 b_c:int1@i1 b_l:int8s@i1+1|i2 "
         "c:word8@i3 d_value:float16@f0 e:int4s@i4"},
        /* An __int128 begins at an even register. */
        {"a:hex12816@i0|i1 b:int4s@i2 c:int4s@i3 d:int4s@i4 e:hex12816@s0 f:int4s@i5",
         "a:hex12816@i0|i1 b:int4s@i2 c:int4s@i3 d:int4s@i4 e:hex12816@i6|i7 f:int4s@s0"},
        /* Large structures are passed by address; a result's address is in x8. */
        {"a_a:int8s@s0 a_b:int8s@s8 a_c:int8s@s16 b:int4s@i1 c:ptr8@i2",
         "a_a:int8s@&i0>0 a_b:int8s@&i0>8 a_c:int8s@&i0>16 b:int4s@i1 c:ptr8@i2"},
        {"a_a:int8s@s0 a_b:int8s@s8 a_c:int8s@s16 b:int4s@i1 c:ptr8@i2 c_a:int8s@&i2>0 "
         "c_b:int8s@&i2>8 c_c:int8s@&i2>16 c_ptr:enum1@?i2",
         "a_a:int8s@&i0>0 a_b:int8s@&i0>8 a_c:int8s@&i0>16 b:int4s@i1 c:ptr8@i2 c_a:int8s@&i2>0 "
         "c_b:int8s@&i2>8 c_c:int8s@&i2>16 c_ptr:enum1@?i2"},
        {"retval_a:int8s@&I0>0 retval_b:int8s@&I0>8 retval_c:int8s@&I0>16",
         "retval_a:int8s@&R0>0 retval_b:int8s@&R0>8 retval_c:int8s@&R0>16"},
        {"l_a:int8s@s0 l_b:int8s@s8 l_c:int8s@s16 n:int4s@i0 = retval:int8s@I0",
         "l_a:int8s@&i0>0 l_b:int8s@&i0>8 l_c:int8s@&i0>16 n:int4s@i1 = retval:int8s@I0"},
        {"a:ptr8@i1", "a:ptr8@i0"},
        {"retval_a:int4s@&I0>0", "retval_a:int4s@&R0>0"},
        {"retval:str8@&I0>0/&I0>8", "retval:str8@&R0>0/&R0>8"},
        {"first:int4s@i1 second:int4s@i2", "first:int4s@i0 second:int4s@i1"},
        {"retval_d:int4s@&I0>8", "retval_d:int4s@&R0>8"},
        {"n:int4s@i1 a_d:int4s@&i2>8 a_f:int4s@&i2>12 a_g:float8@&i2>16 x:float8@f0",
         "n:int4s@i0 a_d:int4s@&i1>8 a_f:int4s@&i1>12 a_g:float8@&i1>16 x:float8@f0"},
        {"retval_d:int4s@&I0>8 retval_f:int4s@&I0>12 retval_g:float8@&I0>16",
         "retval_d:int4s@&R0>8 retval_f:int4s@&R0>12 retval_g:float8@&R0>16"},
        {"o_a:int4s@&i1>0 n:int4s@i2 = retval_a:int4s@&I0>0",
         "o_a:int4s@&i0>0 n:int4s@i1 = retval_a:int4s@&R0>0"},
        /* C++: an empty class takes a register. */
        {"a_a:int4s@i0 a_b:float4@i0+4 b_a:int4s@&i1>0 d_a:float8@&i2>0 e:int4s@i3",
         "a_a:int4s@i0 a_b:float4@i0+4 b_a:int4s@&i1>0 d_a:float8@&i3>0 e:int4s@i4"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (strcmp(texts[i][0], text) == 0)
            return texts[i][1];
    return text;
}

/* Whether the places of arguments depend on whether the result is in memory. */
enum { RESULT_MOVES_ARGUMENTS = 0 };

#endif
