using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Aliyun.Serverless.Core;
using Aliyun.Serverless.Core.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Shop
{
    public class Orders
    {
        public string VersionCheck(Stream input, IFcContext context)
        {
            ILogger logger = context.Logger;
            logger.LogInformation("qualifier: {0}, version: {1}", context.ServiceMeta.Qualifier, context.ServiceMeta.VersionId);
            return context.ServiceMeta.VersionId;
        }
        public string Levels(string level, IFcContext context)
        {
            if (level != "")
                context.Logger.EnabledLogLevel = (LogLevel)Enum.Parse(typeof(LogLevel), level);
            context.Logger.LogTrace("0");
            context.Logger.LogDebug("1");
            context.Logger.LogInformation("2");
            context.Logger.LogWarning("3");
            context.Logger.LogError("4");
            context.Logger.LogCritical("5");
            context.Logger.Log(LogLevel.None, "6");
            return context.RequestId;
        }
        public void Templates(Stream input, IFcContext context)
        {
            IFcLogger logger = context.Logger;
            logger.LogInformation("{user} has {count,5:N1} of {{these}}", "ä", 2.25);
            logger.LogInformation("{list} {none} {more}", new[] { 1, 2 }, null);
            logger.LogInformation("as {it is}");
            logger.LogInformation(7, "event {0:X}", 255);
            using (logger.BeginScope("scope {0}", 1))
                logger.LogError(new InvalidOperationException("why"), "failed");
        }
        public void Order(Stream input, IFcContext context)
        {
            Console.WriteLine("a grüße");
            context.Logger.LogInformation("b");
            Console.Error.WriteLine("c");
            System.Diagnostics.Process.Start("/bin/sh", "-c \"echo d\"").WaitForExit();
            Console.Write("half");
        }
        public string Flood(Stream input, IFcContext context)
        {
            for (int n = 0; n < 100000; n++)
                Console.WriteLine("flood " + n);
            return "done";
        }
        public void Endless(Stream input) { while (true) Console.WriteLine("flood"); }
        public void Late(Stream input) { new Timer(_ => Console.WriteLine("late"), null, 50, 0); }
        public void Waits(string text) { Thread.Sleep(150); Console.WriteLine(text); }
    }
}
